package io.outboxpipeline.quickstart;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which module may know which, and which outside world each may touch. */
final class LayeringTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.outboxpipeline");

  private static String in(String module) {
    return "io.outboxpipeline." + module + "..";
  }

  @Test
  void dependencies_between_modules_point_one_way() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("migrations")
        .definedBy(in("migrations"))
        .layer("outbox")
        .definedBy(in("outbox"))
        .layer("inbox")
        .definedBy(in("inbox"))
        .layer("ownership")
        .definedBy(in("ownership"))
        .layer("kubernetes")
        .definedBy(in("kubernetes"))
        .layer("runtime")
        .definedBy(in("runtime"))
        .layer("base")
        .definedBy(in("base"))
        .layer("relay")
        .definedBy(in("relay"))
        .layer("consumer")
        .definedBy(in("consumer"))
        .layer("quickstart")
        .definedBy(in("quickstart"))
        .whereLayer("quickstart")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("base")
        .mayOnlyBeAccessedByLayers("quickstart")
        .whereLayer("relay")
        .mayOnlyBeAccessedByLayers("quickstart")
        .whereLayer("consumer")
        .mayOnlyBeAccessedByLayers("quickstart")
        .whereLayer("migrations")
        .mayOnlyBeAccessedByLayers("base", "consumer", "quickstart")
        .whereLayer("inbox")
        .mayOnlyBeAccessedByLayers("consumer", "quickstart")
        .whereLayer("ownership")
        .mayOnlyBeAccessedByLayers("kubernetes", "relay", "quickstart")
        .whereLayer("kubernetes")
        .mayOnlyBeAccessedByLayers("relay")
        .whereLayer("runtime")
        .mayOnlyBeAccessedByLayers("base", "relay", "consumer", "quickstart")
        .whereLayer("outbox")
        .mayOnlyBeAccessedByLayers("inbox", "runtime", "base", "relay", "consumer", "quickstart")
        .check(CLASSES);
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
  void spring_stays_in_the_modules_of_its_own() {
    noClasses()
        .that()
        .resideOutsideOfPackage(in("spring"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "org.hibernate..")
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
  void nothing_of_the_example_is_in_the_libraries_or_the_relay() {
    noClasses()
        .that()
        .resideInAnyPackage(in("outbox"), in("inbox"), in("ownership"), in("relay"), in("runtime"))
        .should()
        .haveNameMatching("(?i).*spending.*")
        .check(CLASSES);
  }

  @Test
  void packages_have_no_cycles() {
    slices().matching("io.outboxpipeline.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
