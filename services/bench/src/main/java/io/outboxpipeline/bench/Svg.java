package io.outboxpipeline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Draws charts, as plain SVG. */
final class Svg {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 360;
  private static final int LEFT = 70;
  private static final int BOTTOM = 45;
  private static final int TOP = 35;
  private static final int RIGHT = 20;
  private static final int TICKS = 5;
  private static final int BUCKETS = 150;

  private final StringBuilder svg = new StringBuilder();

  private Svg(String title) {
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
        <rect width="100%%" height="100%%" fill="white"/>
        <text x="%3$d" y="20" font-size="14">%4$s</text>
        """
            .formatted(WIDTH, HEIGHT, LEFT, title.replace("&", "&amp;").replace("<", "&lt;")));
  }

  /** Writes a chart to a file of its name. */
  static void write(Path folder, Chart chart) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(chart.name() + ".svg"), draw(chart));
  }

  static String draw(Chart chart) {
    var drawn = new Svg(chart.title());
    switch (chart) {
      case Chart.Rate rate -> drawn.rate(rate.nanos());
      case Chart.Latency latency -> drawn.latency(Chart.sorted(latency.nanos()));
      case Chart.Stall stall -> drawn.stall(stall);
    }
    return drawn.svg.append("</svg>\n").toString();
  }

  private void rate(long[] nanos) {
    double seconds = Math.max(1e-3, Chart.percentile(Chart.sorted(nanos), 1) / 1e9);
    var counts = new int[BUCKETS];
    for (long at : nanos) {
      counts[(int) Math.min(BUCKETS - 1, at / 1e9 / seconds * BUCKETS)]++;
    }
    var rates = new double[BUCKETS];
    double most = 1;
    for (int i = 0; i < BUCKETS; i++) {
      rates[i] = counts[i] * BUCKETS / seconds;
      most = Math.max(most, rates[i]);
    }
    axes(seconds, "s", most, "events/s");
    var points = new StringBuilder();
    for (int i = 0; i < BUCKETS; i++) {
      points.append(point((i + 0.5) / BUCKETS, rates[i] / most));
    }
    line(points);
  }

  private void latency(long[] sorted) {
    double most = Math.max(1, Chart.percentile(sorted, 0.999)) / 1e6;
    axes(100, "% of events", most, "ms");
    var points = new StringBuilder();
    for (int i = 0; i <= 1000; i++) {
      double share = i / 1000.0;
      points.append(
          point(share, Math.min(1, Chart.percentile(sorted, Math.max(share, 1e-9)) / 1e6 / most)));
    }
    line(points);
  }

  private void stall(Chart.Stall stall) {
    double seconds = Math.max(1e-3, Chart.percentile(Chart.sorted(stall.nanos()), 1) / 1e9);
    axes(seconds, "s", stall.rows(), "slot");
    svg.append("<g fill=\"#2563eb\">\n");
    for (int i = 0; i < stall.nanos().length; i++) {
      svg.append(
          text(
              "<rect x=\"%.1f\" y=\"%.1f\" width=\"1\" height=\"1\"/>\n",
              x(stall.nanos()[i] / 1e9 / seconds), y((double) stall.row()[i] / stall.rows())));
    }
    svg.append("</g>\n");
    for (Chart.Mark mark : stall.marks()) {
      double x = x(mark.nanos() / 1e9 / seconds);
      svg.append(
          text(
              """
              <line x1="%1$.1f" x2="%1$.1f" y1="%2$d" y2="%3$d" stroke="#dc2626"/>
              <text x="%1$.1f" y="%2$d" fill="#dc2626">%4$s</text>
              """,
              x, TOP, HEIGHT - BOTTOM, mark.what()));
    }
  }

  private void axes(double xMost, String xUnit, double yMost, String yUnit) {
    for (int i = 0; i <= TICKS; i++) {
      double share = (double) i / TICKS;
      svg.append(
          text(
              """
              <line x1="%1$d" x2="%2$d" y1="%3$.1f" y2="%3$.1f" stroke="#ddd"/>
              <text x="%4$d" y="%5$.1f" text-anchor="end">%6$s</text>
              <text x="%7$.1f" y="%8$d" text-anchor="middle">%9$s</text>
              """,
              LEFT,
              WIDTH - RIGHT,
              y(share),
              LEFT - 6,
              y(share) + 4,
              Report.number(yMost * share),
              x(share),
              HEIGHT - BOTTOM + 16,
              Report.number(xMost * share)));
    }
    svg.append(
        text(
            """
            <text x="%d" y="%d" text-anchor="middle">%s</text>
            <text x="14" y="%d" text-anchor="middle" transform="rotate(-90 14 %4$d)">%5$s</text>
            """,
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, xUnit, (TOP + HEIGHT - BOTTOM) / 2, yUnit));
  }

  private void line(CharSequence points) {
    svg.append("<polyline fill=\"none\" stroke=\"#2563eb\" stroke-width=\"1.5\" points=\"")
        .append(points)
        .append("\"/>\n");
  }

  private static String point(double x, double y) {
    return text("%.1f,%.1f ", x(x), y(y));
  }

  private static double x(double share) {
    return LEFT + share * (WIDTH - RIGHT - LEFT);
  }

  private static double y(double share) {
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
