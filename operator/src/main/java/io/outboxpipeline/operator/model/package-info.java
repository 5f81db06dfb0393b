/**
 * What a pipeline's objects and status ought to be: functions of the resource and of what was
 * found. No server, no clock, no thread; nothing of JOSDK or AWS.
 */
@NullMarked
package io.outboxpipeline.operator.model;

import org.jspecify.annotations.NullMarked;
