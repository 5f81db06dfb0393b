package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;

import io.outboxpipeline.console.model.Flow;
import io.outboxpipeline.console.model.Flow.Figure;
import io.outboxpipeline.console.model.Flow.Measure;
import io.outboxpipeline.console.model.Flow.Place;
import io.outboxpipeline.console.model.Flow.Station;
import java.util.stream.Stream;

/** The flow from base to consumer, with a figure at each place. */
final class FlowPage {
  private FlowPage() {}

  /** All of it that changes while one looks. */
  static Html content(Flow flow) {
    Html stations =
        tag("ol")
            .set("class", "flow")
            .set("role", "list")
            .with(flow.stations().stream().map(FlowPage::station));
    return Html.all(
        stations,
        Layout.troubles(flow.troubles()),
        tag("p")
            .set("class", "as-of")
            .text(
                Text.AS_OF.with(
                    flow.at().truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString())));
  }

  private static Html station(Station station) {
    boolean answers = station.asked() > 0 && station.answering() == station.asked();
    Stream<Html> figures = station.figures().stream().flatMap(FlowPage::figure);
    return tag("li")
        .set("class", answers ? "place" : "place away")
        .with(
            tag("h2", label(station.place())),
            tag("p")
                .set("class", "answering")
                .text(Text.ANSWERING.with(station.answering(), station.asked())),
            tag("dl").with(figures));
  }

  private static Stream<Html> figure(Figure figure) {
    boolean bad = alarming(figure.measure()) && figure.value().orElse(0) > 0;
    return Stream.of(
        tag("dt", label(figure.measure())),
        tag("dd").set("class", bad ? "bad" : "fine").with(text(Format.figure(figure))));
  }

  /** What a person should do something about. */
  private static boolean alarming(Measure measure) {
    return switch (measure) {
      case HELD, DEAD_LETTERS, PARKED, REJECTED, CONFLICTING -> true;
      case WRITTEN, WAITING, OLDEST, SENT, UNDELETED, VISIBLE, IN_FLIGHT, APPLIED, LATENCY -> false;
    };
  }

  private static Text label(Place place) {
    return switch (place) {
      case BASE -> Text.PLACE_BASE;
      case OUTBOX -> Text.PLACE_OUTBOX;
      case RELAYS -> Text.PLACE_RELAYS;
      case QUEUE -> Text.PLACE_QUEUE;
      case CONSUMER -> Text.PLACE_CONSUMER;
    };
  }

  private static Text label(Measure measure) {
    return Text.valueOf(measure.name());
  }
}
