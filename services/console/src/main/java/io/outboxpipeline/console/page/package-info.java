/**
 * Pages and the API's JSON, of what {@code model} says. HTML comes into being in {@code Html}
 * alone, which escapes all text, and all English stands in {@code Text}.
 */
@NullMarked
package io.outboxpipeline.console.page;

import org.jspecify.annotations.NullMarked;
