package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MemberIdTest {

  /** An annotation can have any text; it must not keep the members from reading their leases. */
  @Test
  void what_can_be_no_member_is_none() {
    assertThat(MemberId.parse("relay-0")).contains(new MemberId("relay-0"));
    assertThat(MemberId.parse("x".repeat(255))).isPresent();
    assertThat(MemberId.parse("x".repeat(256))).isEmpty();
    assertThat(MemberId.parse(" ")).isEmpty();
  }
}
