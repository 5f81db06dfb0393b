package io.outboxpipeline.relay.source.mysql;

/**
 * Which table of which server a connection leads to.
 *
 * @param name of the server, unlike that of any other
 * @param table when the table was made
 * @param nextId that the table will give out; {@link Long#MAX_VALUE} if that can't be known
 * @param readOnly whether it takes no writes
 */
record Server(String name, String table, long nextId, boolean readOnly) {

  boolean isSameTable(Server other) {
    return name.equals(other.name) && table.equals(other.table);
  }
}
