package io.outboxpipeline.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.PullResponseItem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.dockerclient.TransportConfig;
import org.testcontainers.utility.DockerImageName;

/**
 * Finds out which images the Docker engine has or gets. What it can't get is written into a folder,
 * so that the other JVMs of a build don't wait for the same answer.
 *
 * @param folder the same for all JVMs
 * @param patience with an engine or a registry that says nothing at all
 */
record Images(Path folder, Duration patience) {
  /** With a download that has begun. */
  private static final Duration STALLED = Duration.ofMinutes(1);

  /** Longer than a build's tests, shorter than it takes someone to mend the network. */
  private static final Duration REMEMBERED = Duration.ofMinutes(30);

  /** What a pull tells. */
  private sealed interface Word {
    record Progress() implements Word {}

    record End() implements Word {}

    record Refused(String why) implements Word {}
  }

  /** What to do for an image that the engine doesn't have: empty where it has it afterwards. */
  private interface Absent {
    Optional<String> get(TransportConfig engine, DockerClient client) throws IOException;
  }

  /** Why the engine has no such image and can't get it; empty where it has it now. */
  Optional<String> missing(String image) {
    return look(
        image,
        (engine, client) -> {
          String key = (engine.getDockerHost() + " " + image).replaceAll("[^A-Za-z0-9.]+", "-");
          return once(folder.resolve(key), client, image);
        });
  }

  /** Why an image is not there, without asking its registry. */
  static Optional<String> absent(String image) {
    return look(image, (_, _) -> Optional.of("Docker has no " + image));
  }

  private static Optional<String> look(String image, Absent absent) {
    TransportConfig engine;
    try {
      // Not the factory's client, which starts a container.
      engine = DockerClientFactory.instance().getTransportConfig();
    } catch (IllegalStateException none) {
      return Optional.of("no Docker engine answers");
    }
    try (DockerClient client = DockerClientProviderStrategy.getClientForConfig(engine)) {
      return there(client, image) ? Optional.empty() : absent.get(engine, client);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean there(DockerClient client, String image) {
    try {
      client.inspectImageCmd(image).exec();
      return true;
    } catch (NotFoundException absent) {
      return false;
    }
  }

  /** One JVM asks; those that come meanwhile wait for its answer. */
  private Optional<String> once(Path file, DockerClient client, String image) throws IOException {
    Files.createDirectories(folder);
    try (var channel = FileChannel.open(file, CREATE, WRITE);
        var _ = channel.lock()) {
      String known = Files.readString(file);
      var age = Duration.between(Files.getLastModifiedTime(file).toInstant(), Instant.now());
      if (!known.isEmpty() && age.compareTo(REMEMBERED) < 0) {
        return Optional.of(known);
      }
      Optional<String> why =
          pull(client, image).map(w -> "Docker has no " + image + ", and can't pull it: " + w);
      channel.truncate(0);
      channel.write(UTF_8.encode(why.orElse("")));
      return why;
    }
  }

  private Optional<String> pull(DockerClient client, String image) throws IOException {
    BlockingQueue<Word> words = new LinkedBlockingQueue<>();
    var name = DockerImageName.parse(image);
    try (var _ =
        client
            .pullImageCmd(name.getUnversionedPart())
            .withTag(name.getVersionPart())
            .exec(callback(words))) {
      Word word = next(words, patience);
      while (word instanceof Word.Progress) {
        word = next(words, STALLED);
      }
      return word instanceof Word.Refused refused ? Optional.of(refused.why) : Optional.empty();
    }
  }

  private static Word next(BlockingQueue<Word> words, Duration patience) {
    try {
      Word word = words.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      return word == null
          ? new Word.Refused("no answer within " + patience.toSeconds() + " s")
          : word;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static ResultCallback<PullResponseItem> callback(BlockingQueue<Word> words) {
    return new ResultCallback.Adapter<>() {
      @Override
      public void onNext(PullResponseItem item) {
        var error = item.getErrorDetail();
        words.add(
            error == null
                ? new Word.Progress()
                : new Word.Refused(String.valueOf(error.getMessage()).strip()));
      }

      @Override
      public void onError(Throwable e) {
        words.add(new Word.Refused(String.valueOf(e.getMessage()).strip()));
        super.onError(e);
      }

      @Override
      public void onComplete() {
        words.add(new Word.End());
        super.onComplete();
      }
    };
  }
}
