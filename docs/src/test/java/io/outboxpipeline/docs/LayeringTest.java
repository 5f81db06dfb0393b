package io.outboxpipeline.docs;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which module and which package may know which, and which outside world each may touch. */
final class LayeringTest {
  private static final String ROOT = "io.outboxpipeline.";
  private static final String RELAY = ROOT + "relay";
  private static final String OPERATOR = ROOT + "operator";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.outboxpipeline");

  /** Each module, by its package, and the modules that it may know. */
  private static final Map<String, Set<String>> MODULES =
      Map.ofEntries(
          Map.entry("outbox", Set.of()),
          Map.entry("migrations", Set.of()),
          Map.entry("ownership", Set.of()),
          Map.entry("embedded", Set.of()),
          Map.entry("inbox", Set.of("outbox")),
          Map.entry("receiver", Set.of("outbox", "inbox")),
          Map.entry("dynamodb", Set.of("outbox")),
          Map.entry("kubernetes", Set.of("ownership")),
          Map.entry("runtime", Set.of("outbox")),
          Map.entry("base", Set.of("migrations", "outbox", "dynamodb", "runtime")),
          Map.entry("relay", Set.of("outbox", "dynamodb", "ownership", "kubernetes", "runtime")),
          Map.entry("consumer", Set.of("migrations", "outbox", "inbox", "receiver", "runtime")),
          Map.entry("console", Set.of("runtime")),
          Map.entry("operator", Set.of("dynamodb", "ownership", "kubernetes", "runtime")),
          Map.entry("testkit", Set.of("embedded")),
          Map.entry(
              "quickstart",
              Set.of(
                  "migrations",
                  "outbox",
                  "inbox",
                  "receiver",
                  "ownership",
                  "runtime",
                  "base",
                  "relay",
                  "consumer",
                  "console",
                  "embedded")),
          Map.entry("images", Set.of("runtime", "base", "relay", "consumer", "embedded")),
          Map.entry(
              "bench",
              Set.of(
                  "migrations",
                  "outbox",
                  "dynamodb",
                  "inbox",
                  "ownership",
                  "runtime",
                  "base",
                  "relay",
                  "consumer",
                  "testkit")));

  /** The relay's rooms, and the rooms that each may know. The package above them knows all. */
  private static final Map<String, Set<String>> ROOMS =
      Map.of(
          "source", Set.of(),
          "backlog", Set.of("source"),
          "look", Set.of(),
          "source.mysql", Set.of("source", "quarantine", "look", "wake"),
          "source.dynamodb", Set.of("source", "quarantine"),
          "send", Set.of("backlog", "source"),
          "quarantine", Set.of("source"),
          "wake", Set.of(),
          "lease", Set.of());

  private static String in(String module) {
    return ROOT + module + "..";
  }

  private static String[] in(Set<String> modules) {
    return modules.stream().map(LayeringTest::in).toArray(String[]::new);
  }

  static Set<String> modules() {
    return MODULES.keySet();
  }

  @Test
  void every_package_belongs_to_a_module_that_has_a_place() {
    assertThat(
            CLASSES.stream()
                .map(JavaClass::getPackageName)
                .map(LayeringTest::module)
                .collect(Collectors.toSet()))
        .isEqualTo(MODULES.keySet());
  }

  private static String module(String packageName) {
    return packageName.substring(ROOT.length()).replaceFirst("\\..*", "");
  }

  @ParameterizedTest
  @MethodSource("modules")
  void a_module_knows_only_those_below_it(String module) {
    Set<String> others =
        MODULES.keySet().stream()
            .filter(m -> !m.equals(module) && !MODULES.getOrDefault(module, Set.of()).contains(m))
            .collect(Collectors.toSet());
    noClasses()
        .that()
        .resideInAPackage(in(module))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(in(others))
        .check(CLASSES);
  }

  @Test
  void modules_have_no_cycles() {
    slices().matching("io.outboxpipeline.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void libraries_know_no_framework_no_cloud_and_no_cluster() {
    noClasses()
        .that()
        .resideInAnyPackage(in("outbox"), in("inbox"), in("ownership"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.helidon..",
            "software.amazon..",
            "io.fabric8..",
            "io.micrometer..",
            "org.slf4j..",
            "org.flywaydb..",
            "org.springframework..")
        .check(CLASSES);
  }

  @Test
  void the_libraries_for_aws_know_no_framework() {
    noClasses()
        .that()
        .resideInAnyPackage(in("dynamodb"), in("receiver"))
        .and()
        .doNotHaveSimpleName("ReceiverMeters")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.helidon..",
            "io.fabric8..",
            "io.micrometer..",
            "org.slf4j..",
            "org.flywaydb..",
            "org.springframework..")
        .check(CLASSES);
  }

  @Test
  void nothing_of_the_example_is_in_the_libraries_the_relay_or_the_operator() {
    noClasses()
        .that()
        .resideInAnyPackage(
            in("outbox"),
            in("dynamodb"),
            in("inbox"),
            in("receiver"),
            in("ownership"),
            in("kubernetes"),
            in("relay"),
            in("runtime"),
            in("operator"))
        .should()
        .haveNameMatching("(?i).*spending.*")
        .check(CLASSES);
  }

  static Set<String> rooms() {
    return ROOMS.keySet();
  }

  @Test
  void every_package_of_the_relay_is_a_room() {
    assertThat(
            CLASSES.stream()
                .map(JavaClass::getPackageName)
                .filter(p -> p.startsWith(RELAY + "."))
                .map(p -> p.substring(RELAY.length() + 1))
                .collect(Collectors.toSet()))
        .isEqualTo(ROOMS.keySet());
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void a_room_of_the_relay_knows_only_those_before_it(String room) {
    var may =
        Stream.concat(Stream.of(room), ROOMS.getOrDefault(room, Set.of()).stream())
            .map(r -> RELAY + "." + r)
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(RELAY + "." + room)
        .should()
        .dependOnClassesThat(
            resideInAPackage(RELAY + "..").and(DescribedPredicate.not(resideInAnyPackage(may))))
        .check(CLASSES);
  }

  @Test
  void the_relay_s_memory_and_its_seam_touch_no_database_no_queue_and_no_clock() {
    noClasses()
        .that()
        .resideInAnyPackage(RELAY + ".backlog", RELAY + ".source")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "javax.sql..", "software.amazon..", "io.helidon..")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(CLASSES);
  }

  @Test
  void a_relay_meets_kubernetes_in_one_class_that_it_loads_only_when_told_to() {
    noClasses()
        .that()
        .resideInAnyPackage(in("relay"))
        .and()
        .doNotHaveSimpleName("KubernetesLeases")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(in("kubernetes"), "io.fabric8..")
        .check(CLASSES);
  }

  @Test
  void a_console_meets_kubernetes_in_one_package_and_aws_and_databases_nowhere() {
    noClasses()
        .that()
        .resideInAnyPackage(in("console"))
        .and()
        .resideOutsideOfPackage("io.outboxpipeline.console.cluster..")
        .and()
        .doNotHaveSimpleName("ConsoleService")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage(in("console"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("software.amazon..", "java.sql..", "javax.sql..")
        .check(CLASSES);
  }

  @Test
  void no_two_files_of_the_relay_know_each_other() {
    var pairs = new TreeSet<String>();
    for (JavaClass one : CLASSES) {
      for (var dependency : one.getDirectDependenciesFromSelf()) {
        String from = file(one);
        String to = file(dependency.getTargetClass());
        if (from.startsWith(RELAY) && to.startsWith(RELAY) && !from.equals(to)) {
          pairs.add(from + " " + to);
        }
      }
    }
    assertThat(pairs).isNotEmpty();
    pairs.removeIf(
        p -> {
          String[] two = p.split(" ");
          return two[0].compareTo(two[1]) > 0 || !pairs.contains(two[1] + " " + two[0]);
        });
    assertThat(pairs).isEmpty();
  }

  /** The class that its file is named after. */
  private static String file(JavaClass c) {
    return c.getEnclosingClass().map(LayeringTest::file).orElse(c.getName());
  }

  @Test
  void the_operator_s_model_is_pure() {
    noClasses()
        .that()
        .resideInAnyPackage(OPERATOR + ".api", OPERATOR + ".model")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.javaoperatorsdk..",
            "software.amazon..",
            "io.helidon..",
            in("runtime"),
            in("kubernetes"),
            "io.fabric8.kubernetes.client.dsl..")
        .check(CLASSES);
  }

  @Test
  void the_operator_s_queue_knows_no_cluster() {
    noClasses()
        .that()
        .resideInAPackage(OPERATOR + ".queue")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.javaoperatorsdk..", "io.fabric8.kubernetes..")
        .check(CLASSES);
  }

  @Test
  void the_operator_meets_aws_in_its_queues_and_tables_alone() {
    noClasses()
        .that()
        .resideInAPackage(in("operator"))
        .and()
        .resideOutsideOfPackages(OPERATOR + ".queue", OPERATOR + ".table")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon..")
        .check(CLASSES);
  }

  @Test
  void the_operator_s_packages_have_no_cycles() {
    slices().matching(OPERATOR + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
