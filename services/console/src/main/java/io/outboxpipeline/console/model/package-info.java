/**
 * What people want to know of a pipeline, made of its services' answers, and what they can do about
 * it. Knows nothing of requests, sign-in or HTML.
 */
@NullMarked
package io.outboxpipeline.console.model;

import org.jspecify.annotations.NullMarked;
