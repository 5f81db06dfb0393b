package io.outboxpipeline.relay.source.dynamodb;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * DynamoDB's conditions and updates, as far as the library and the relay use them; anything else is
 * an error. All paths and values of an update mean the item before it.
 */
final class Expressions {
  private static final Pattern TOKEN = Pattern.compile("[#:]?\\w+|<=|[=<>()\\[\\].,+-]");
  private static final ConcurrentMap<String, Condition> CONDITIONS = new ConcurrentHashMap<>();
  private static final ConcurrentMap<String, Update> UPDATES = new ConcurrentHashMap<>();

  /** An item, and what the placeholders stand for. */
  record Scope(
      Map<String, AttributeValue> item,
      Map<String, String> names,
      Map<String, AttributeValue> values) {}

  interface Condition {
    boolean holds(Scope scope);
  }

  private interface Operand {
    /** Null if there is none. */
    @Nullable AttributeValue in(Scope scope);
  }

  /** Steps are names and indexes. */
  private record Path(List<Object> steps) implements Operand {
    List<Object> in(Map<String, String> names) {
      return steps.stream().map(s -> s instanceof String n ? named(n, names) : s).toList();
    }

    private static Object named(String step, Map<String, String> names) {
      return step.startsWith("#") ? requireNonNull(names.get(step), step) : step;
    }

    @Override
    public @Nullable AttributeValue in(Scope scope) {
      AttributeValue at = AttributeValue.fromM(scope.item);
      for (Object step : in(scope.names)) {
        if (step instanceof Integer n) {
          at = at.hasL() && n < at.l().size() ? at.l().get(n) : null;
        } else {
          at = at.hasM() ? at.m().get((String) step) : null;
        }
        if (at == null) {
          return null;
        }
      }
      return at;
    }
  }

  private record Assignment(Path path, Operand value) {}

  /** An update's clauses. */
  private record Update(List<Assignment> set, List<Assignment> add, List<Path> remove) {}

  private final List<String> tokens;
  private int at;

  private Expressions(String text) {
    tokens = TOKEN.matcher(text).results().map(MatchResult::group).toList();
  }

  static boolean holds(@Nullable String condition, Scope scope) {
    return condition == null
        || CONDITIONS.computeIfAbsent(condition, Expressions::condition).holds(scope);
  }

  private static Condition condition(String text) {
    var parser = new Expressions(text);
    Condition condition = parser.or();
    parser.require(parser.at == parser.tokens.size());
    return condition;
  }

  /** The item after an update. */
  static Map<String, AttributeValue> updated(String update, Scope before) {
    Update clauses = UPDATES.computeIfAbsent(update, u -> new Expressions(u).update());
    AttributeValue item = AttributeValue.fromM(before.item);
    for (Assignment a : clauses.set) {
      item = with(item, a.path.in(before.names), requireNonNull(a.value.in(before)));
    }
    for (Assignment a : clauses.add) {
      AttributeValue old = a.path.in(before);
      item =
          with(
              item,
              a.path.in(before.names),
              sum(old == null ? number(0) : old, a.value.in(before), 1));
    }
    for (Path p : clauses.remove.reversed()) {
      item = without(item, p.in(before.names));
    }
    return item.m();
  }

  private static AttributeValue with(AttributeValue at, List<Object> steps, AttributeValue value) {
    if (steps.isEmpty()) {
      return value;
    }
    List<Object> rest = steps.subList(1, steps.size());
    if (steps.getFirst() instanceof Integer n) {
      List<AttributeValue> list = new ArrayList<>(at.l());
      list.set(n, with(list.get(n), rest, value));
      return AttributeValue.fromL(list);
    }
    Map<String, AttributeValue> map = new HashMap<>(at.m());
    String name = (String) steps.getFirst();
    map.put(name, with(map.getOrDefault(name, AttributeValue.fromNul(true)), rest, value));
    return AttributeValue.fromM(map);
  }

  /** Elements of a list are given from the first; they are taken out from the last. */
  private static AttributeValue without(AttributeValue at, List<Object> steps) {
    List<Object> rest = steps.subList(1, steps.size());
    if (steps.getFirst() instanceof Integer n) {
      List<AttributeValue> list = new ArrayList<>(at.l());
      if (n < list.size()) {
        list.remove(n.intValue());
      }
      return AttributeValue.fromL(list);
    }
    Map<String, AttributeValue> map = new HashMap<>(at.m());
    String name = (String) steps.getFirst();
    if (rest.isEmpty()) {
      map.remove(name);
    } else {
      map.put(name, without(requireNonNull(map.get(name)), rest));
    }
    return AttributeValue.fromM(map);
  }

  private static AttributeValue sum(
      @Nullable AttributeValue a, @Nullable AttributeValue b, int sign) {
    return number(number(a) + sign * number(b));
  }

  private static long number(@Nullable AttributeValue value) {
    return Long.parseLong(requireNonNull(value).n());
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  // ---- reading ----

  private boolean is(String token) {
    boolean is = at < tokens.size() && tokens.get(at).equals(token);
    at += is ? 1 : 0;
    return is;
  }

  private void require(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException("not understood: " + tokens.subList(at, tokens.size()));
    }
  }

  private Condition or() {
    Condition left = and();
    while (is("OR")) {
      Condition a = left;
      Condition b = and();
      left = s -> a.holds(s) || b.holds(s);
    }
    return left;
  }

  private Condition and() {
    Condition left = single();
    while (is("AND")) {
      Condition a = left;
      Condition b = single();
      left = s -> a.holds(s) && b.holds(s);
    }
    return left;
  }

  private Condition single() {
    if (is("(")) {
      Condition inner = or();
      require(is(")"));
      return inner;
    }
    if (is("attribute_exists")) {
      Operand path = argument();
      return s -> path.in(s) != null;
    }
    if (is("attribute_not_exists")) {
      Operand path = argument();
      return s -> path.in(s) == null;
    }
    Operand left = operand();
    String comparison = tokens.get(at++);
    Operand right = operand();
    return s -> compare(left.in(s), comparison, right.in(s));
  }

  private static boolean compare(
      @Nullable AttributeValue a, String comparison, @Nullable AttributeValue b) {
    if (a == null || b == null) {
      return false;
    }
    return switch (comparison) {
      case "=" -> a.equals(b);
      case "<=" -> number(a) <= number(b);
      case ">" -> number(a) > number(b);
      default -> throw new IllegalArgumentException(comparison);
    };
  }

  private Operand argument() {
    require(is("("));
    Operand operand = operand();
    require(is(")"));
    return operand;
  }

  private Operand operand() {
    if (is("size")) {
      Operand list = argument();
      return s -> {
        AttributeValue value = list.in(s);
        return value == null ? null : number(value.l().size());
      };
    }
    if (is("list_append")) {
      return pair(
          (a, b) -> {
            List<AttributeValue> both = new ArrayList<>(requireNonNull(a).l());
            both.addAll(requireNonNull(b).l());
            return AttributeValue.fromL(both);
          });
    }
    if (is("if_not_exists")) {
      return pair((a, b) -> a == null ? b : a);
    }
    if (tokens.get(at).startsWith(":")) {
      String placeholder = tokens.get(at++);
      return s -> requireNonNull(s.values.get(placeholder), placeholder);
    }
    return path();
  }

  private interface Function {
    @Nullable AttributeValue of(@Nullable AttributeValue a, @Nullable AttributeValue b);
  }

  private Operand pair(Function function) {
    require(is("("));
    Operand a = operand();
    require(is(","));
    Operand b = operand();
    require(is(")"));
    return s -> function.of(a.in(s), b.in(s));
  }

  private Path path() {
    List<Object> steps = new ArrayList<>(List.of(tokens.get(at++)));
    while (true) {
      if (is("[")) {
        steps.add(Integer.valueOf(tokens.get(at++)));
        require(is("]"));
      } else if (is(".")) {
        steps.add(tokens.get(at++));
      } else {
        return new Path(List.copyOf(steps));
      }
    }
  }

  private Update update() {
    var update = new Update(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    while (at < tokens.size()) {
      String clause = tokens.get(at++);
      do {
        Path path = path();
        switch (clause) {
          case "SET" -> {
            require(is("="));
            update.set.add(new Assignment(path, value()));
          }
          case "ADD" -> update.add.add(new Assignment(path, operand()));
          case "REMOVE" -> update.remove.add(path);
          default -> require(false);
        }
      } while (is(","));
    }
    // Indexes mean the list before: the later ones go first, in whatever order they are named.
    update.remove.sort((a, b) -> index(a) - index(b));
    return update;
  }

  private static int index(Path path) {
    return path.steps.getLast() instanceof Integer n ? n : -1;
  }

  private Operand value() {
    Operand first = operand();
    int sign = is("+") ? 1 : is("-") ? -1 : 0;
    if (sign == 0) {
      return first;
    }
    Operand second = operand();
    return s -> sum(first.in(s), second.in(s), sign);
  }
}
