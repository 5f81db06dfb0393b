/**
 * The resource as a person writes it: what is documented, defaulted and refused by the API server.
 *
 * <p>The CRD is generated from here. No behaviour beyond defaults; nothing of JOSDK or AWS.
 */
@NullMarked
package io.outboxpipeline.operator.api;

import org.jspecify.annotations.NullMarked;
