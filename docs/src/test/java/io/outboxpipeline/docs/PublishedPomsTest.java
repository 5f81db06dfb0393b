package io.outboxpipeline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * What Maven Central asks of the POMs that are published, and the bill of materials against the
 * modules.
 *
 * @see <a href="https://central.sonatype.org/publish/requirements/">the requirements</a>
 */
final class PublishedPomsTest {
  private static final List<String> ASKED =
      List.of("name", "description", "url", "licenses", "developers", "scm");

  private static Element pom(String folder) {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      Path file = Path.of("..").resolve(folder).resolve("pom.xml");
      return factory.newDocumentBuilder().parse(file.toFile()).getDocumentElement();
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new IllegalStateException(folder, e);
    }
  }

  private static List<Element> children(Element of, String name) {
    List<Element> found = new ArrayList<>();
    for (Node n = of.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element e && e.getTagName().equals(name)) {
        found.add(e);
      }
    }
    return found;
  }

  private static String text(Element of, String... path) {
    Element at = of;
    for (String name : path) {
      List<Element> next = children(at, name);
      if (next.isEmpty()) {
        return "";
      }
      at = next.getFirst();
    }
    return at.getTextContent().strip();
  }

  private static List<String> modules() {
    return children(children(pom(""), "modules").getFirst(), "module").stream()
        .map(Element::getTextContent)
        .toList();
  }

  private static boolean shipped(Element pom) {
    return !text(pom, "properties", "unshipped").equals("true");
  }

  @Test
  void the_parent_and_the_bill_have_all_that_is_asked_for() {
    for (String folder : List.of("", "services/bom")) {
      for (String field : ASKED) {
        assertThat(text(pom(folder), field)).as("%s/pom.xml: %s", folder, field).isNotEmpty();
      }
      assertThat(text(pom(folder), "licenses", "license", "url")).startsWith("https://");
      assertThat(text(pom(folder), "scm", "connection")).startsWith("scm:git:");
    }
  }

  @Test
  void each_published_module_says_what_it_is_and_inherits_the_rest() {
    for (String folder : modules()) {
      Element pom = pom(folder);
      if (shipped(pom) && !folder.equals("services/bom")) {
        assertThat(text(pom, "name")).as(folder).startsWith("OutboxPipeline ");
        assertThat(text(pom, "description")).as(folder).isNotEmpty();
        assertThat(text(pom, "parent", "artifactId")).as(folder).isEqualTo("outboxpipeline");
        assertThat(text(pom, "url") + text(pom, "scm") + text(pom, "developers"))
            .as("%s: the parent's", folder)
            .isEmpty();
      }
    }
  }

  /** A library is what others compile against, which is why it is of an older Java. */
  @Test
  void the_bill_names_each_library_and_nothing_else() {
    var libraries = new TreeSet<String>();
    for (String folder : modules()) {
      Element pom = pom(folder);
      if (shipped(pom) && !text(pom, "properties", "java.release").isEmpty()) {
        libraries.add(text(pom, "artifactId"));
      }
    }
    Element bill = pom("services/bom");
    Element managed =
        children(children(bill, "dependencyManagement").getFirst(), "dependencies").getFirst();
    var named = new TreeSet<String>();
    for (Element dependency : children(managed, "dependency")) {
      assertThat(text(dependency, "groupId")).isEqualTo("${project.groupId}");
      assertThat(text(dependency, "version")).isEqualTo("${project.version}");
      named.add(text(dependency, "artifactId"));
    }
    assertThat(named).isEqualTo(libraries).isNotEmpty();
    assertThat(children(bill, "parent")).as("whose versions would come along").isEmpty();
    assertThat(text(bill, "version")).isEqualTo(text(pom(""), "version"));
    assertThat(text(bill, "groupId")).isEqualTo(text(pom(""), "groupId"));
  }

  /** With -am, what a module is built on is published, too. */
  @Test
  void a_release_publishes_the_bill_and_each_library() throws IOException {
    String script = Files.readString(Path.of("../.ci/package"));
    List<String> asked =
        script
            .lines()
            .filter(l -> l.startsWith("modules=") || l.startsWith("libraries="))
            .flatMap(l -> Stream.of(l.substring(l.indexOf('=') + 1).split(",")))
            .toList();
    var folders = new HashMap<String, String>();
    modules().forEach(m -> folders.put(text(pom(m), "artifactId"), m));
    var published = new TreeSet<String>();
    asked.forEach(folder -> publish(folder, folders, published));
    for (String folder : modules()) {
      Element pom = pom(folder);
      if (shipped(pom) && !text(pom, "properties", "java.release").isEmpty()) {
        assertThat(published).contains(folder);
      }
    }
    assertThat(published).contains("services/bom");
  }

  private static void publish(String folder, Map<String, String> folders, Set<String> published) {
    if (published.add(folder)) {
      for (Element all : children(pom(folder), "dependencies")) {
        for (Element dependency : children(all, "dependency")) {
          String on = folders.get(text(dependency, "artifactId"));
          if (on != null) {
            publish(on, folders, published);
          }
        }
      }
    }
  }
}
