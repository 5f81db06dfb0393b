/**
 * The worked example's writing side: a REST API whose every spending is written together with its
 * event, in one transaction.
 *
 * <p>What a service of one's own would do in its place. Relay, consumer and the libraries know
 * nothing of it.
 */
@NullMarked
package io.outboxpipeline.base;

import org.jspecify.annotations.NullMarked;
