/** Makes the services' images start fast: an ahead-of-time cache, trained by a pipeline at work. */
@NullMarked
package io.outboxpipeline.images;

import org.jspecify.annotations.NullMarked;
