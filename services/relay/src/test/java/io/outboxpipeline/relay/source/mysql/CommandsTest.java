package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CommandsTest {
  private static final Grant FIRST = new Grant(0, new SlotRange(0, 3), 1);
  private static final Grant SECOND = new Grant(0, new SlotRange(0, 3), 2);

  private final Commands commands = new Commands();

  private List<Commands.Command> all() {
    List<Commands.Command> all = new ArrayList<>();
    for (var next = commands.next(); next != null; next = commands.next()) {
      all.add(next);
      commands.done(next);
    }
    return all;
  }

  /** The reading thread hangs in the first grant's query meanwhile. */
  @Test
  void a_partition_that_is_granted_again_while_its_first_grant_begins_is_followed() {
    commands.follow(FIRST);
    Commands.Command underWay = commands.next();
    commands.forget(FIRST);
    commands.follow(SECOND);
    assertThat(underWay).isEqualTo(new Commands.Command.Follow(FIRST));
    commands.done(new Commands.Command.Follow(FIRST));

    assertThat(all())
        .containsExactly(new Commands.Command.Forget(FIRST), new Commands.Command.Follow(SECOND));
    assertThat(commands.followed()).containsExactly(SECOND);
  }

  @Test
  void a_grant_that_is_not_followed_is_known_not_to_be() {
    commands.follow(FIRST);
    assertThat(commands.stop(SECOND)).isFalse();
    assertThat(commands.stop(FIRST)).isTrue();
    commands.forget(FIRST);
    assertThat(commands.stop(FIRST)).isFalse();
  }
}
