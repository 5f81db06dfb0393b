/** The pages of this module as code that runs. */
@NullMarked
package io.outboxpipeline.examples;

import org.jspecify.annotations.NullMarked;
