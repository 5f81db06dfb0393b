@NullMarked
package io.outboxpipeline.ownership;

import org.jspecify.annotations.NullMarked;
