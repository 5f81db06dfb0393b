/**
 * An outbox in attributes of DynamoDB's items. The index tells which items have events that wait;
 * it lags, and is never believed more than that: the item itself, read consistently, has the events
 * and their order.
 *
 * <p>Why no event is lost, sent out of order, or left behind:
 *
 * <ul>
 *   <li>An item's events are handed over from its own list, in its order, each once per grant. At
 *       most one call for an item is under way, so that what is known of it never goes back.
 *   <li>A removal takes the first events, those that the queue has, on condition that the head is
 *       still the one that was sent. Whoever removes an event has therefore sent it, so a relay
 *       that was replaced can send twice and nothing else; no epoch is needed for that.
 *   <li>The item leaves the index only in the removal whose condition says that nothing else waits
 *       in it: an append in between is never left without its place there.
 *   <li>An answer that was lost is found out by the next attempt: its condition fails, and the item
 *       that comes with the failure tells what is left.
 *   <li>What can't be as the library writes it (a number that went back, a slot without events, a
 *       list that changed in the middle) holds its item, and is told.
 * </ul>
 *
 * <p>{@code Reader} decides, and has all state in one thread; {@code ItemTable} carries out.
 */
@NullMarked
package io.outboxpipeline.relay.source.dynamodb;

import org.jspecify.annotations.NullMarked;
