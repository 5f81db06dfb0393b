@NullMarked
package io.outboxpipeline.dynamodb;

import org.jspecify.annotations.NullMarked;
