/**
 * The pattern's other form: the events of an aggregate wait in a list in the item that changes. The
 * clauses that append them, what became of a write, the form of an item, and its index live here.
 *
 * <p>The AWS SDK alone: no Helidon, no Kubernetes, nothing of how a relay reads, and nothing of the
 * worked example.
 */
@NullMarked
package io.outboxpipeline.dynamodb;

import org.jspecify.annotations.NullMarked;
