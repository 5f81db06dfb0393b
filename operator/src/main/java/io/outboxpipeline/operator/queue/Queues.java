package io.outboxpipeline.operator.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Notice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeNameException;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/** Brings queues to where their spec wants them. Blocks; keeps nothing; thread-safe. */
public final class Queues {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SqsClients clients;

  /** The caller closes the clients. */
  public Queues(SqsClients clients) {
    this.clients = clients;
  }

  /**
   * Has the queue as the spec says, or finds the one that its URL names.
   *
   * @param owner whose queue it is
   */
  public Bound bind(QueueSpec spec, Owner owner, Access access) {
    String named = spec.existing().orElseGet(() -> String.valueOf(spec.name()));
    try {
      SqsClient client = clients.client(access);
      return spec.existing().isPresent()
          ? find(client, spec.existing().get())
          : keep(client, new QueuePlan(spec, named, owner));
    } catch (NotOurs e) {
      return new Bound.Failed("QueueNotOurs", String.valueOf(e.getMessage()));
    } catch (SdkException e) {
      return Failures.of(named, e);
    }
  }

  /**
   * Deletes both queues, if they are this owner's.
   *
   * @return why they are still there; empty if they are not, or were never ours
   */
  public Optional<Bound.Failed> delete(QueueSpec spec, Owner owner, Access access) {
    if (spec.existing().isPresent()) {
      return Optional.empty();
    }
    var plan = new QueuePlan(spec, String.valueOf(spec.name()), owner);
    // What SQS says of the one is no reason to leave the other.
    List<Bound.Failed> left =
        Stream.of(plan.name(), plan.deadLetterName())
            .flatMap(name -> delete(name, spec, owner, access).stream())
            .toList();
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Bound.Failed(
                left.getFirst().reason(),
                left.stream().map(Bound.Failed::message).collect(Collectors.joining("; "))));
  }

  private Optional<Bound.Failed> delete(String name, QueueSpec spec, Owner owner, Access access) {
    try {
      SqsClient client = clients.client(access);
      Optional<String> url = url(client, name, spec.account());
      if (url.isPresent() && owner.has(tags(client, url.get()).getOrDefault(QueuePlan.OWNER, ""))) {
        client.deleteQueue(r -> r.queueUrl(url.get()));
      }
      return Optional.empty();
    } catch (QueueDoesNotExistException e) {
      return Optional.empty();
    } catch (SdkException e) {
      return Optional.of(Failures.of(name, e));
    }
  }

  private Bound find(SqsClient client, String url) {
    var attributes = attributes(client, url);
    Optional<String> arn = Optional.ofNullable(attributes.get(QueueAttributeName.QUEUE_ARN));
    Optional<String> deadLetterArn = deadLetterArn(attributes);
    Optional<String> deadLetterUrl =
        deadLetterArn.flatMap(a -> url(client, a.substring(a.lastIndexOf(':') + 1), account(a)));
    return new Bound.Done(
        new BoundQueue(
            url.substring(url.lastIndexOf('/') + 1), url, arn, deadLetterUrl, deadLetterArn),
        List.of());
  }

  private Bound keep(SqsClient client, QueuePlan plan) {
    // Before anything is made: of two queues, one must not be left behind for the other's sake.
    checkOwner(client, plan, plan.name());
    checkOwner(client, plan, plan.deadLetterName());
    var done = new ArrayList<Notice>();
    String deadLetterUrl =
        ensure(client, plan, plan.deadLetterName(), plan.deadLetterAttributes(), done);
    String deadLetterArn = arn(client, deadLetterUrl);
    String url = ensure(client, plan, plan.name(), plan.attributes(deadLetterArn), done);
    // Names the queue, so it comes once that is there.
    if (plan.spec().deadLetter().onlyThisQueue()) {
      allow(client, plan, deadLetterUrl, arn(client, url), done);
    }
    if (plan.spec().tlsOnly()) {
      refuseWithoutTls(client, plan.name(), url, done);
      refuseWithoutTls(client, plan.deadLetterName(), deadLetterUrl, done);
    }
    return new Bound.Done(
        new BoundQueue(
            plan.name(),
            url,
            Optional.of(arn(client, url)),
            Optional.of(deadLetterUrl),
            Optional.of(deadLetterArn)),
        done);
  }

  private String ensure(
      SqsClient client,
      QueuePlan plan,
      String name,
      Map<QueueAttributeName, String> wanted,
      List<Notice> done) {
    Optional<String> there = url(client, name, plan.spec().account());
    if (there.isEmpty() && plan.spec().account().isPresent()) {
      throw new NotOurs(
          "there is no %s in the account %s that lets itself be seen; SQS creates none in another's account"
              .formatted(name, plan.spec().ownerAccountId()));
    }
    if (there.isEmpty()) {
      var all = new TreeMap<>(wanted);
      all.putAll(QueuePlan.atCreation(name));
      String url =
          client.createQueue(r -> r.queueName(name).attributes(all).tags(plan.tags())).queueUrl();
      done.add(new Notice(Notice.Kind.Normal, "QueueCreated", "created " + name));
      return url;
    }
    String url = there.get();
    tag(client, plan, name, url, done);
    correct(client, name, url, wanted, done);
    return url;
  }

  private static void checkOwner(SqsClient client, QueuePlan plan, String name) {
    Optional<String> url = url(client, name, plan.spec().account());
    if (url.isEmpty()) {
      return;
    }
    String owner = tags(client, url.get()).get(QueuePlan.OWNER);
    if (owner == null && !plan.spec().adopt()) {
      throw new NotOurs(
          name + " exists and is nobody's: set spec.queue.adopt to take it over, or name another");
    }
    if (owner != null && !plan.owner().has(owner)) {
      throw new NotOurs(
          "%s belongs to %s: name another queue, or remove its tag %s"
              .formatted(name, owner, QueuePlan.OWNER));
    }
  }

  private static void tag(
      SqsClient client, QueuePlan plan, String name, String url, List<Notice> done) {
    Map<String, String> tags = tags(client, url);
    if (!tags.entrySet().containsAll(plan.tags().entrySet())) {
      client.tagQueue(r -> r.queueUrl(url).tags(plan.tags()));
      done.add(
          tags.get(QueuePlan.OWNER) == null
              ? new Notice(Notice.Kind.Normal, "QueueAdopted", "took over " + name)
              : new Notice(Notice.Kind.Normal, "QueueCorrected", "tags of " + name));
    }
  }

  private static void correct(
      SqsClient client,
      String name,
      String url,
      Map<QueueAttributeName, String> wanted,
      List<Notice> done) {
    var is = attributes(client, url);
    var differing = new TreeMap<QueueAttributeName, String>();
    wanted.forEach(
        (attribute, value) -> {
          if (!same(attribute, value, is.get(attribute))) {
            differing.put(attribute, value);
          }
        });
    // A KMS key stays in force beside SQS's own key until it is taken away.
    if (!wanted.containsKey(QueueAttributeName.KMS_MASTER_KEY_ID)
        && !is.getOrDefault(QueueAttributeName.KMS_MASTER_KEY_ID, "").isEmpty()) {
      differing.put(QueueAttributeName.KMS_MASTER_KEY_ID, "");
    }
    if (!differing.isEmpty()) {
      client.setQueueAttributes(r -> r.queueUrl(url).attributes(differing));
      done.add(new Notice(Notice.Kind.Normal, "QueueCorrected", name + ": " + differing.keySet()));
    }
  }

  private static void allow(
      SqsClient client, QueuePlan plan, String url, String queueArn, List<Notice> done) {
    String wanted = plan.allowance(queueArn);
    String is = attributes(client, url).get(QueueAttributeName.REDRIVE_ALLOW_POLICY);
    if (is == null || !QueuePlan.isSameJson(wanted, is)) {
      set(
          client,
          plan.deadLetterName(),
          url,
          QueueAttributeName.REDRIVE_ALLOW_POLICY,
          wanted,
          done);
    }
  }

  private static void refuseWithoutTls(
      SqsClient client, String name, String url, List<Notice> done) {
    String is = attributes(client, url).getOrDefault(QueueAttributeName.POLICY, "");
    TlsOnly.added(is, arn(client, url))
        .ifPresent(p -> set(client, name, url, QueueAttributeName.POLICY, p, done));
  }

  /**
   * Sets what SQS leaves out while it is not set. One that does not know it must not stop it all.
   */
  private static void set(
      SqsClient client,
      String name,
      String url,
      QueueAttributeName attribute,
      String value,
      List<Notice> done) {
    done.add(
        isSet(client, url, attribute, value)
            ? new Notice(Notice.Kind.Normal, "QueueCorrected", name + ": [" + attribute + "]")
            : new Notice(
                Notice.Kind.Warning,
                "QueueAttributeUnknown",
                name + ": this SQS does not know " + attribute + ", and it is left out"));
  }

  private static boolean isSet(
      SqsClient client, String url, QueueAttributeName attribute, String value) {
    try {
      client.setQueueAttributes(r -> r.queueUrl(url).attributes(Map.of(attribute, value)));
      return attributes(client, url).containsKey(attribute);
    } catch (InvalidAttributeNameException e) {
      return false;
    }
  }

  private static boolean same(QueueAttributeName attribute, String wanted, @Nullable String is) {
    if (is == null) {
      // SQS leaves these two out when they are not set. Any other that is missing, this SQS does
      // not
      // know, and would be asked to set for ever.
      return attribute != QueueAttributeName.REDRIVE_POLICY
          && attribute != QueueAttributeName.KMS_MASTER_KEY_ID;
    }
    if (attribute != QueueAttributeName.REDRIVE_POLICY) {
      return wanted.equals(is);
    }
    try {
      var a = JSON.readTree(wanted);
      var b = JSON.readTree(is);
      return a.path("deadLetterTargetArn").asText().equals(b.path("deadLetterTargetArn").asText())
          && a.path("maxReceiveCount").asInt() == b.path("maxReceiveCount").asInt();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /**
   * Where a queue is.
   *
   * @param account whose it is, if not one's own
   */
  private static Optional<String> url(SqsClient client, String name, Optional<String> account) {
    try {
      return Optional.of(
          client
              .getQueueUrl(r -> r.queueName(name).queueOwnerAWSAccountId(account.orElse(null)))
              .queueUrl());
    } catch (QueueDoesNotExistException e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> tags(SqsClient client, String url) {
    return client.listQueueTags(r -> r.queueUrl(url)).tags();
  }

  private static Map<QueueAttributeName, String> attributes(SqsClient client, String url) {
    return client
        .getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }

  private static String arn(SqsClient client, String url) {
    return Objects.requireNonNull(
        attributes(client, url).get(QueueAttributeName.QUEUE_ARN), "SQS did not tell the ARN");
  }

  /** Of an ARN: arn:aws:sqs:REGION:ACCOUNT:NAME. */
  private static Optional<String> account(String arn) {
    return Optional.of(arn.split(":", -1))
        .filter(parts -> parts.length == 6)
        .map(parts -> parts[4])
        .filter(a -> !a.isEmpty());
  }

  private static Optional<String> deadLetterArn(Map<QueueAttributeName, String> attributes) {
    try {
      String policy = attributes.getOrDefault(QueueAttributeName.REDRIVE_POLICY, "{}");
      return Optional.of(JSON.readTree(policy).path("deadLetterTargetArn").asText())
          .filter(a -> !a.isEmpty());
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** A queue that somebody else has, or nobody. */
  private static final class NotOurs extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotOurs(String message) {
      super(message);
    }
  }
}
