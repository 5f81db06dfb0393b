package io.outboxpipeline.console.ask;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.runtime.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class EndpointTest {
  private static Endpoint at(String uri) {
    return new Endpoint(URI.create(uri), Optional.of(new Secret("the token")));
  }

  @Test
  void each_address_of_a_host_is_a_service_of_its_own_with_the_same_token() throws Exception {
    InetAddress[] pods = {
      InetAddress.getByName("10.0.0.2"),
      InetAddress.getByName("10.0.0.1"),
      InetAddress.getByName("fd00::7")
    };
    assertThat(at("dns+http://relays.shop.svc:8082").each(host -> pods))
        .extracting(e -> e.uri().toString())
        .containsExactly(
            "http://10.0.0.1:8082", "http://10.0.0.2:8082", "http://[fd00:0:0:0:0:0:0:7]:8082");
    assertThat(at("dns+http://relays:8082").each(host -> pods))
        .allSatisfy(e -> assertThat(e.token()).isPresent());
  }

  @Test
  void other_services_are_not_looked_up() {
    Endpoint one = at("http://relay:8082");
    assertThat(
            one.each(
                host -> {
                  throw new AssertionError(host);
                }))
        .containsExactly(one);
  }

  @Test
  void a_host_that_nobody_knows_is_asked_all_the_same_so_that_it_is_told() {
    assertThat(
            at("dns+http://nobody:8082")
                .each(
                    host -> {
                      throw new UnknownHostException(host);
                    }))
        .singleElement()
        .extracting(e -> e.uri().toString())
        .isEqualTo("http://nobody:8082");
  }
}
