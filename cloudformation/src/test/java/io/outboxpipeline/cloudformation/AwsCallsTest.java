package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.outboxpipeline.runtime.AwsActions;
import io.outboxpipeline.runtime.SqsSettings;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The table of actions against the calls that the compiled services make. */
final class AwsCallsTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.outboxpipeline");

  /** Methods of a client that ask nothing of AWS. */
  private static final Set<String> LOCAL =
      Set.of("close", "serviceName", "builder", "create", "serviceClientConfiguration");

  static Stream<AwsActions> components() {
    return AwsActions.all().stream();
  }

  @ParameterizedTest
  @MethodSource("components")
  void the_table_lists_what_the_code_calls(AwsActions component) {
    var actions = new TreeSet<>(called("io.outboxpipeline." + component.component()));
    if (component.equals(AwsActions.CONSUMER)) {
      // It receives by a library.
      actions.addAll(called("io.outboxpipeline.receiver"));
    }
    assertThat(actions)
        .filteredOn(action -> action.startsWith("sqs:"))
        .containsExactlyElementsOf(component.actions());
  }

  /** A relay looks at the table through the library, which checks it for writers, too. */
  @Test
  void the_table_lists_what_a_relay_calls_of_dynamodb() {
    var actions = new TreeSet<>(called("io.outboxpipeline.relay"));
    actions.add("dynamodb:DescribeTable");
    // IAM asks for the actions of which a transaction is made.
    assertThat(actions.remove("dynamodb:TransactWriteItems")).isTrue();
    assertThat(actions)
        .filteredOn(action -> action.startsWith("dynamodb:"))
        .containsExactlyElementsOf(AwsActions.RELAY_ON_DYNAMODB);
  }

  /** A base writes through the library: a transaction of updates and puts. */
  @Test
  void the_table_lists_what_a_base_calls_of_dynamodb() {
    var actions = new TreeSet<>(called("io.outboxpipeline.base"));
    actions.addAll(List.of("dynamodb:CreateTable", "dynamodb:PutItem", "dynamodb:UpdateItem"));
    var listed = new TreeSet<>(AwsActions.BASE_ON_DYNAMODB);
    listed.addAll(AwsActions.BASE_MAKING_TABLES);
    assertThat(actions)
        .filteredOn(action -> action.startsWith("dynamodb:"))
        .containsExactlyElementsOf(listed);
  }

  /** A table that is made with a tag needs the right to tag, too. */
  @Test
  void the_table_lists_what_an_operator_calls_of_dynamodb() {
    var actions = new TreeSet<>(called("io.outboxpipeline.operator"));
    actions.add("dynamodb:TagResource");
    assertThat(actions)
        .filteredOn(action -> action.startsWith("dynamodb:"))
        .containsExactlyElementsOf(AwsActions.OPERATOR_ON_DYNAMODB);
  }

  /** What classes of a package call themselves, or have {@link SqsSettings} call. */
  private static List<String> called(String packageName) {
    List<JavaMethodCall> calls =
        CLASSES.stream()
            .filter(c -> (c.getPackageName() + ".").startsWith(packageName + "."))
            .flatMap(c -> c.getMethodCallsFromSelf().stream())
            .toList();
    assertThat(calls).as("calls in %s", packageName).isNotEmpty();
    var actions = new TreeSet<String>();
    calls.forEach(c -> add(actions, c));
    if (calls.stream()
        .anyMatch(
            c ->
                c.getTargetOwner().isEquivalentTo(SqsSettings.class)
                    && c.getName().equals("url"))) {
      CLASSES.get(SqsSettings.class).getMethodCallsFromSelf().forEach(c -> add(actions, c));
    }
    return List.copyOf(actions);
  }

  private static void add(Set<String> actions, JavaMethodCall call) {
    JavaClass owner = call.getTargetOwner();
    if (owner.isAssignableTo(SdkClient.class) && !LOCAL.contains(call.getName())) {
      boolean dynamoDb = owner.getSimpleName().equals("DynamoDbClient");
      assertThat(dynamoDb || owner.isEquivalentTo(SqsClient.class))
          .as("%s is SQS or DynamoDB", call)
          .isTrue();
      String method = call.getName();
      String name = method.replaceFirst("(Batch|Paginator)$", "");
      actions.add(
          (dynamoDb ? "dynamodb:" : "sqs:")
              + Character.toUpperCase(name.charAt(0))
              + name.substring(1));
    }
  }
}
