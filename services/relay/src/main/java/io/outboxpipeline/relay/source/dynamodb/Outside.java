package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.dynamodb.Item.ToHold;
import java.util.List;

/** What the reader wants done. Its methods return at once. */
interface Outside {
  void page(Shares.Range range);

  void read(List<Item> items);

  void remove(Item item, ItemTable.Removal removal);

  void hold(Item item, int index, ToHold what);

  void probe(Item item);

  /** Asks whether the grant was replaced: its events were removed by somebody else. */
  void checkFence(Grant grant);

  void drained(Grant grant);

  void quarantined();
}
