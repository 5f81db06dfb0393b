package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;

import io.outboxpipeline.console.model.SlotMap;
import io.outboxpipeline.console.model.SlotMap.Member;
import io.outboxpipeline.console.model.SlotMap.Partition;
import io.outboxpipeline.console.model.SlotMap.State;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The 256 slots, coloured by owner. Letters and words say the same as the colours. */
final class SlotsPage {
  private static final int ROW = 16;
  private static final int SLOTS = 256;
  private static final int COLOURS = 8;

  private final SlotMap map;
  private final List<String> names;

  private SlotsPage(SlotMap map) {
    this.map = map;
    names = map.members().stream().map(Member::name).toList();
  }

  /** All of it that changes while one looks. */
  static Html content(SlotMap map) {
    return new SlotsPage(map).content();
  }

  private Html content() {
    String summary =
        Text.SLOTS_SUMMARY.with(
            map.partitions().size(),
            map.count(State.OWNED),
            map.count(State.MOVING),
            map.count(State.UNOWNED));
    return Html.all(
        Layout.troubles(map.troubles()),
        map.partitions().isEmpty() ? Html.NONE : tag("p").text(summary),
        map.repartitioning() ? tag("p", Text.REPARTITIONING) : Html.NONE,
        map.partitions().isEmpty() ? Html.NONE : grid(),
        map.members().isEmpty() ? Html.NONE : members());
  }

  private Html grid() {
    return Html.all(
        tag("p", Text.SLOT_ROWS),
        tag("div")
            .set("class", "wide")
            .set("tabindex", "0")
            .set("role", "region")
            .set("aria-label", Text.SLOTS_OF.english())
            .with(
                tag("table")
                    .set("class", "slots")
                    .with(
                        tag("caption", Text.SLOTS_OF),
                        tag("tbody")
                            .with(IntStream.range(0, SLOTS / ROW).mapToObj(this::gridRow)))));
  }

  private Html gridRow(int row) {
    Html head =
        tag("th")
            .set("scope", "row")
            .set("title", Text.SLOT_FROM.with(row * ROW))
            .text(Integer.toString(row * ROW));
    Stream<Html> cells = IntStream.range(row * ROW, (row + 1) * ROW).mapToObj(this::cell);
    return tag("tr").with(Stream.concat(Stream.of(head), cells));
  }

  private Html cell(int slot) {
    Optional<Partition> partition =
        map.partitions().stream()
            .filter(p -> p.firstSlot() <= slot && slot <= p.lastSlot())
            .findFirst();
    State state = partition.map(Partition::state).orElse(State.UNOWNED);
    Optional<String> owner = partition.flatMap(Partition::owner);
    String colour = owner.map(o -> " o" + names.indexOf(o) % COLOURS).orElse("");
    String letter = state == State.UNOWNED ? "–" : owner.map(this::letter).orElse("→");
    return tag("td")
        .set("class", state.name().toLowerCase(java.util.Locale.ROOT) + colour)
        .set("title", partition.map(p -> described(slot, p)).orElse(""))
        .text(state == State.MOVING ? letter + "›" : letter);
  }

  private String described(int slot, Partition p) {
    Stream<String> parts =
        Stream.of(
            Text.SLOT.with(slot, p.number()),
            p.owner().map(o -> Text.OWNED_BY.with(o)).orElse(Text.OWNED_BY_NOBODY.english()),
            p.target().map(t -> Text.MOVING_TO.with(t)).orElse(""),
            Text.EPOCH.english() + " " + p.epoch(),
            p.owner().flatMap(this::member).map(m -> Text.HEARTBEAT.with(age(m))).orElse(""));
    return parts.filter(s -> !s.isEmpty()).collect(Collectors.joining(", "));
  }

  private Optional<Member> member(String name) {
    return map.members().stream().filter(m -> m.name().equals(name)).findFirst();
  }

  private static String age(Member member) {
    return Format.seconds(member.heartbeatAgeMillis() / 1000.0);
  }

  private String letter(String name) {
    int index = names.indexOf(name);
    return index < 0 ? "?" : Character.toString('A' + index % 26);
  }

  private Html members() {
    List<Text> heads =
        List.of(
            Text.LETTER, Text.MEMBER, Text.STATE, Text.PARTITIONS, Text.HEARTBEAT_AGE, Text.REPORT);
    return Layout.table(Text.MEMBERS, heads, map.members().stream().map(this::row));
  }

  private Html row(Member m) {
    String report =
        m.report().entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining(", "));
    return tag(
        "tr",
        tag("td")
            .set("class", "owned o" + names.indexOf(m.name()) % COLOURS)
            .text(letter(m.name())),
        tag("th").set("scope", "row").text(m.name()),
        tag("td")
            .with(m.alive() ? text(m.state().toLowerCase(java.util.Locale.ROOT)) : text(Text.DEAD)),
        tag("td").text(Integer.toString(m.owned())),
        tag("td").text(age(m)),
        tag("td").text(report));
  }
}
