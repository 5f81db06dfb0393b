/** Says who asks, what that person may do, and from which pages. Knows nothing of pipelines. */
@NullMarked
package io.outboxpipeline.console.access;

import org.jspecify.annotations.NullMarked;
