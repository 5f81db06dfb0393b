/** Tests of how chart, images and jars are built and published: .github/workflows and .ci. */
@NullMarked
package io.outboxpipeline.helm.release;

import org.jspecify.annotations.NullMarked;
