package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.Program;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium, as a person who uses the console. Left out where there is none. */
final class Browser implements AutoCloseable {
  private static final Path PICTURES = Path.of("target", "console-pages");
  private static final String AXE = axe();

  /** Axe's rules of WCAG 2.2 AA; it answers with what each violation is and where. */
  private static final String CHECK =
      """
      const done = arguments[arguments.length - 1];
      axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        .then((r) => done(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" ").slice(0, 300))));
      """;

  private final ChromeDriver driver;

  Browser() {
    var options = new ChromeOptions();
    options.setBinary(Program.CHROMIUM.path());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run");
    var logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    var service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(new File(Program.CHROMEDRIVER.path()))
            .usingAnyFreePort()
            .build();
    driver = new ChromeDriver(service, options);
    driver.manage().window().setSize(new Dimension(1280, 900));
  }

  private static String axe() {
    try (InputStream in = Browser.class.getResourceAsStream("/axe.min.js")) {
      if (in == null) {
        throw new IllegalStateException("no axe");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void open(String url) {
    driver.get(url);
  }

  String url() {
    return String.valueOf(driver.getCurrentUrl());
  }

  /** What a person can read. */
  String text() {
    try {
      return driver.findElement(By.tagName("body")).getText();
    } catch (WebDriverException e) {
      return ""; // Between two pages.
    }
  }

  void awaitText(String text) {
    await(text).untilAsserted(() -> assertThat(text()).contains(text));
  }

  void click(String selector) {
    driver.findElement(By.cssSelector(selector)).click();
  }

  void link(String text) {
    driver.findElement(By.linkText(text)).click();
  }

  void write(String selector, String text) {
    WebElement field = driver.findElement(By.cssSelector(selector));
    field.clear();
    field.sendKeys(text);
  }

  int count(String selector) {
    return driver.findElements(By.cssSelector(selector)).size();
  }

  @Nullable Object run(String script) {
    return driver.executeScript(script);
  }

  /** The same for one that returns a number. */
  long number(String script) {
    return ((Number) Objects.requireNonNull(run(script))).longValue();
  }

  void resize(int width) {
    // A window is not made narrower than 500 px; the page is.
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
  }

  void dark(boolean is) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", is ? "dark" : "light"))));
  }

  /** Nothing that axe finds, in light and dark, and nothing that must be moved sideways. */
  void check(String name) throws IOException {
    for (int width : new int[] {1280, 360}) {
      resize(width);
      for (boolean dark : new boolean[] {false, true}) {
        dark(dark);
        String picture = name + "-" + width + (dark ? "-dark" : "");
        driver.executeScript(AXE);
        assertThat((List<?>) driver.executeAsyncScript(CHECK)).as(picture).isEmpty();
        keep(picture);
      }
      long wider = number("return document.documentElement.scrollWidth - innerWidth");
      assertThat(wider).as("%s, sideways", name).isNotPositive();
    }
    resize(1280);
    dark(false);
    assertThat(complaints()).as(name).isEmpty();
  }

  private void keep(String name) throws IOException {
    Files.createDirectories(PICTURES);
    Files.write(PICTURES.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
  }

  /** What the browser complained of since it was asked last: the policy's reports among it. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(e -> e.getLevel() + " " + e.getMessage())
        .filter(m -> m.startsWith("SEVERE"))
        .toList();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
