package io.outboxpipeline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  /** Of one bucket at least: shorter ones show the requests, not the rate. */
  private static final double BUCKET_SECONDS = 0.25;

  /** Of a latency's axis, as far apart each: one nine more. */
  private static final List<String> PERCENTS = List.of("0", "90", "99", "99.9", "99.99");

  private static final int NINES = PERCENTS.size() - 1;

  private final StringBuilder svg = new StringBuilder();

  private Svg(String title) {
    svg.append(
        String.format(
            Locale.ROOT,
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
            <rect width="100%%" height="100%%" fill="white"/>
            <text x="%3$d" y="20" font-size="14">%4$s</text>
            """,
            WIDTH,
            HEIGHT,
            LEFT,
            title.replace("&", "&amp;").replace("<", "&lt;")));
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
    int buckets = Math.clamp((int) (seconds / BUCKET_SECONDS), 1, BUCKETS);
    var counts = new int[buckets];
    for (long at : nanos) {
      counts[(int) Math.min(buckets - 1, at / 1e9 / seconds * buckets)]++;
    }
    var rates = new double[buckets];
    double most = 1;
    for (int i = 0; i < buckets; i++) {
      rates[i] = counts[i] * buckets / seconds;
      most = Math.max(most, rates[i]);
    }
    double xMost = round(seconds);
    double yMost = round(most);
    xAxis(xMost, "s");
    yAxis(yMost, "events/s");
    var points = new StringBuilder();
    for (int i = 0; i < buckets; i++) {
      points.append(point((i + 0.5) / buckets * seconds / xMost, rates[i] / yMost));
    }
    line(points);
  }

  private void latency(long[] sorted) {
    double least = Math.max(1.0 / Math.max(1, sorted.length), Math.pow(10, -NINES));
    double most = round(Math.max(1, Chart.percentile(sorted, 1 - least)) / 1e6);
    for (int nines = 0; nines <= NINES; nines++) {
      xTick((double) nines / NINES, PERCENTS.get(nines));
    }
    xTitle("% of events");
    yAxis(most, "ms");
    var points = new StringBuilder();
    for (double above = 1; above >= least; above *= 0.99) {
      points.append(
          point(
              -Math.log10(above) / NINES,
              Math.min(1, Chart.percentile(sorted, Math.max(1 - above, 1e-9)) / 1e6 / most)));
    }
    line(points);
  }

  private void stall(Chart.Stall stall) {
    double seconds = Math.max(1e-3, Chart.percentile(Chart.sorted(stall.nanos()), 1) / 1e9);
    double most = round(seconds);
    xAxis(most, "s");
    yAxis(stall.rows(), "slot");
    svg.append("<g fill=\"#2563eb\">\n");
    for (int i = 0; i < stall.nanos().length; i++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%.1f\" y=\"%.1f\" width=\"1\" height=\"1\"/>\n",
              x(stall.nanos()[i] / 1e9 / most),
              y((double) stall.row()[i] / stall.rows())));
    }
    svg.append("</g>\n");
    for (Chart.Mark mark : stall.marks()) {
      double x = x(mark.nanos() / 1e9 / most);
      svg.append(
          String.format(
              Locale.ROOT,
              """
              <line x1="%1$.1f" x2="%1$.1f" y1="%2$d" y2="%3$d" stroke="#dc2626"/>
              <text x="%1$.1f" y="%2$d" fill="#dc2626">%4$s</text>
              """,
              x,
              TOP,
              HEIGHT - BOTTOM,
              mark.what()));
    }
  }

  /** The least that is not below it and of which every tick is a round number. */
  private static double round(double most) {
    double tick = Math.pow(10, Math.floor(Math.log10(most / TICKS)));
    for (double factor : new double[] {1, 2, 2.5, 5}) {
      if (tick * factor * TICKS >= most) {
        return tick * factor * TICKS;
      }
    }
    return tick * 10 * TICKS;
  }

  private void xAxis(double most, String unit) {
    for (int i = 0; i <= TICKS; i++) {
      double share = (double) i / TICKS;
      xTick(share, label(most * share));
    }
    xTitle(unit);
  }

  private void xTick(double share, String label) {
    svg.append(
        String.format(
            Locale.ROOT,
            """
            <line x1="%1$.1f" x2="%1$.1f" y1="%2$d" y2="%3$d" stroke="#ddd"/>
            <text x="%1$.1f" y="%4$d" text-anchor="middle">%5$s</text>
            """,
            x(share),
            TOP,
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM + 16,
            label));
  }

  private void xTitle(String unit) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
            (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8,
            unit));
  }

  private void yAxis(double most, String unit) {
    for (int i = 0; i <= TICKS; i++) {
      double share = (double) i / TICKS;
      svg.append(
          String.format(
              Locale.ROOT,
              """
              <line x1="%1$d" x2="%2$d" y1="%3$.1f" y2="%3$.1f" stroke="#ddd"/>
              <text x="%4$d" y="%5$.1f" text-anchor="end">%6$s</text>
              """,
              LEFT,
              WIDTH - RIGHT,
              y(share),
              LEFT - 6,
              y(share) + 4,
              label(most * share)));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"14\" y=\"%1$d\" text-anchor=\"middle\" transform=\"rotate(-90 14 %1$d)\">%2$s</text>\n",
            (TOP + HEIGHT - BOTTOM) / 2,
            unit));
  }

  private static String label(double value) {
    return String.format(Locale.ROOT, "%,.3f", value).replaceFirst("\\.?0+$", "");
  }

  private void line(CharSequence points) {
    svg.append("<polyline fill=\"none\" stroke=\"#2563eb\" stroke-width=\"1.5\" points=\"")
        .append(points)
        .append("\"/>\n");
  }

  private static String point(double x, double y) {
    return String.format(Locale.ROOT, "%.1f,%.1f ", x(x), y(y));
  }

  private static double x(double share) {
    return LEFT + share * (WIDTH - RIGHT - LEFT);
  }

  private static double y(double share) {
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
  }
}
