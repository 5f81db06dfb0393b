/**
 * Decides which relay owns which partition of the slots. The assignment is a pure function, the
 * lease protocol a state machine that events step. The store in the database and the fence live
 * here, too.
 *
 * <p>Plain JDBC alone: no Kubernetes, no AWS, no Helidon, and nothing about events or how they are
 * sent. {@link io.outboxpipeline.ownership.Ownership} is the way in.
 */
@NullMarked
package io.outboxpipeline.ownership;

import org.jspecify.annotations.NullMarked;
