package io.outboxpipeline.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which package may know which, and which outside world each may touch. */
final class LayeringTest {
  private static final String ROOT = "io.outboxpipeline.operator";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void the_model_is_pure() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + ".api", ROOT + ".model")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.javaoperatorsdk..",
            "software.amazon..",
            "io.helidon..",
            "io.outboxpipeline.runtime..",
            "io.outboxpipeline.kubernetes..",
            "io.fabric8.kubernetes.client.dsl..")
        .check(CLASSES);
  }

  @Test
  void the_queue_knows_no_cluster() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".queue")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.javaoperatorsdk..", "io.fabric8.kubernetes..")
        .check(CLASSES);
  }

  @Test
  void aws_is_met_in_the_queue_alone() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".queue")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon..")
        .check(CLASSES);
  }

  @Test
  void of_the_services_the_operator_knows_ownership_and_what_processes_share() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideOutsideOfPackages(
            "io.outboxpipeline.base..",
            "io.outboxpipeline.relay..",
            "io.outboxpipeline.consumer..",
            "io.outboxpipeline.outbox..",
            "io.outboxpipeline.inbox..")
        .check(CLASSES);
    noClasses().should().haveNameMatching("(?i).*spending.*").check(CLASSES);
  }

  @Test
  void packages_have_no_cycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
