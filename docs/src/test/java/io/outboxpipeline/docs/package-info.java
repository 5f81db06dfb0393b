/**
 * Tests of the repository as a whole: its documents, which module and package may know which, and
 * how large files and methods may be. Nothing here is shipped; the documents are the files beside
 * the pom.
 */
@NullMarked
package io.outboxpipeline.docs;

import org.jspecify.annotations.NullMarked;
