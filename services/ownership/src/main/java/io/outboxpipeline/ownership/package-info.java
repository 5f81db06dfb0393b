/**
 * Which relay owns which partition of the slots: the assignment (a pure function), the lease
 * protocol (a state machine stepped by events), its in-database store, and the fence.
 *
 * <p>Plain JDBC alone: no Kubernetes, no AWS, no Helidon, and nothing about events or how they are
 * sent. {@link io.outboxpipeline.ownership.Ownership} is the way in.
 */
@NullMarked
package io.outboxpipeline.ownership;

import org.jspecify.annotations.NullMarked;
