-- The trace of the request that the event comes from, so that people find what became of it.
ALTER TABLE obt_spending
  ADD COLUMN trace_id CHAR(32) CHARACTER SET ascii NULL,
  ADD KEY obt_spending_trace (trace_id);
