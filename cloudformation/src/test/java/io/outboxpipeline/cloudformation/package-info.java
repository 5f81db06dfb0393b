/** Tests of the CloudFormation templates. The templates themselves are files beside the pom. */
@NullMarked
package io.outboxpipeline.cloudformation;

import org.jspecify.annotations.NullMarked;
