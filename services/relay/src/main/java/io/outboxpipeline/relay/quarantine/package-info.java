/**
 * Events that can never be sent, and how a person decides about them. The source keeps the record;
 * nothing of SQL or SQS may live here.
 */
@NullMarked
package io.outboxpipeline.relay.quarantine;

import org.jspecify.annotations.NullMarked;
