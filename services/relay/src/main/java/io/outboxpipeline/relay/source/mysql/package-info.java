/**
 * The source that reads an outbox in a MySQL or MariaDB table. Whatever is so because ids are given
 * out before their rows commit lives here, and nothing of messages and queues.
 *
 * <p><b>Why no event is missed, and none overtakes another.</b> A writer holds its aggregate's row
 * lock until it commits, so of one aggregate: sequence order = commit order.
 *
 * <ol>
 *   <li><i>A slot is read by id from its cursor.</i> What is at or below the cursor was handed over
 *       or left on purpose, or it was not visible yet: it is <i>late</i>.
 *   <li><i>Left rows.</i> An aggregate that has enough in memory, or is held, is left from its
 *       first row that was not handed over. Everything of it from there on is read by itself,
 *       later.
 *   <li><i>Known rows.</i> What was handed over is known by id and event id until its delete has
 *       committed before a read began, so that nothing is handed over twice.
 *   <li><i>Marks.</i> An id that was visible at a time was given out before it, and so was every
 *       lower one. Ids at or below the mark of {@code maxTransaction} ago are <i>settled</i> once a
 *       look begun after it is finished: their transactions had ended, the look saw their rows.
 *   <li><i>Looks.</i> Each look for new rows goes back 250 ms; each second or two one goes back to
 *       what is settled; each minute one to the start, for what was open longer than allowed.
 *   <li><i>Predecessors.</i> A row whose aggregate's previous number was never seen is handed over
 *       only after a look for that aggregate above what is settled: a predecessor committed before
 *       this row was written, so that look sees it.
 *   <li><i>Another table.</i> All of this is remembered of one table of one server. If the server
 *       is another, the table was made anew, or its next id is below what was seen, everything but
 *       the known rows is forgotten and each slot is read from its start.
 *   <li><i>Deletes</i> name id and event id, follow the acknowledgement, and check the epoch.
 *   <li><i>Memory.</i> Every read takes from one allowance. Rows that find no room stay behind the
 *       cursor or in the list of the look that found them.
 * </ol>
 *
 * <p>{@code RelaySimulationTest} runs all of this in random schedules, {@code RelayScopeTest} in
 * every order that a small world has; {@code ReaderTest} and {@code PrimarySwitchIT} prove 7,
 * {@code RelayFaultsIT} shows 8 at both servers.
 */
@NullMarked
package io.outboxpipeline.relay.source.mysql;

import org.jspecify.annotations.NullMarked;
