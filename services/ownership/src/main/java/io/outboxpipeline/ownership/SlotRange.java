package io.outboxpipeline.ownership;

/** A contiguous range of slots, both ends included, within 0…255. */
public record SlotRange(int first, int last) {

  public SlotRange {
    if (first < 0 || last > 255 || first > last) {
      throw new IllegalArgumentException("slots " + first + "…" + last);
    }
  }

  public boolean contains(int slot) {
    return first <= slot && slot <= last;
  }
}
