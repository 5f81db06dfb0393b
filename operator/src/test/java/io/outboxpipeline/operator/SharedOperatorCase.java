package io.outboxpipeline.operator;

import java.net.URI;

/** Tests of the operator that all share: classes of them hold {@link Cluster#PIPELINES} to read. */
abstract class SharedOperatorCase extends PipelineCase {
  /** The lock of a test that counts all of the operator's writes, or cuts it off. */
  static final String UNDISTURBED = "the only pipeline of the operator";

  @Override
  URI sqs() {
    return Running.get().sqs.endpoint();
  }

  @Override
  OperatorService operator() {
    return Running.get().operator;
  }
}
