/** What can never be sent, and how a person decides about it. The record itself is the source's. */
@NullMarked
package io.outboxpipeline.relay.quarantine;

import org.jspecify.annotations.NullMarked;
