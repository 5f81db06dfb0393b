-- Which dead letters a redrive moves; an empty text means any. Such a redrive has 2 in `running`, so that consumers of a release that
-- does not know filters leave it alone.
ALTER TABLE consumer_redrive
  ADD COLUMN reason         VARCHAR(500) NOT NULL DEFAULT '',
  ADD COLUMN event_type     VARCHAR(255) NOT NULL DEFAULT '',
  ADD COLUMN aggregate_type VARCHAR(64) NOT NULL DEFAULT '',
  ADD COLUMN aggregate_id   VARCHAR(255) NOT NULL DEFAULT '';
