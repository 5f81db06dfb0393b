package io.outboxpipeline.ownership;

/** The simulator's store is held to what the real ones are held to. */
final class MemoryLeaseStoreTest extends LeaseStoreContract {

  private final MemoryLeaseStore store = new MemoryLeaseStore();

  @Override
  protected LeaseStore client() {
    return store;
  }
}
