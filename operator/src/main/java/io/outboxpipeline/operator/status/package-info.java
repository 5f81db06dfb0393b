/**
 * What a pipeline says of itself: conditions, numbers and notices as functions of the resource and
 * of what was found. No server, no clock, no thread; nothing of JOSDK or AWS.
 */
@NullMarked
package io.outboxpipeline.operator.status;

import org.jspecify.annotations.NullMarked;
