package io.outboxpipeline.docs;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CatchTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.EnhancedForLoopTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** How complex methods are. */
final class Sources {
  private Sources() {}

  /**
   * The cyclomatic complexity of each method, by class and name; of methods of one name the
   * highest. One, and one more for each branch, loop, case, catch and logical operator. A lambda
   * counts for the method that it stands in.
   */
  static Map<String, Integer> complexities(List<Path> files) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      return complexities(compiler, manager.getJavaFileObjectsFromPaths(files));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of one file's text. */
  static Map<String, Integer> complexities(String text) {
    var file =
        new SimpleJavaFileObject(URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
          }
        };
    return complexities(ToolProvider.getSystemJavaCompiler(), List.of(file));
  }

  private static Map<String, Integer> complexities(
      JavaCompiler compiler, Iterable<? extends JavaFileObject> files) {
    var task = (JavacTask) compiler.getTask(null, null, null, List.of("-proc:none"), null, files);
    var methods = new Methods();
    try {
      for (CompilationUnitTree unit : task.parse()) {
        methods.scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return methods.found;
  }

  private static final class Methods extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final Map<String, Integer> found = new TreeMap<>();
    private String in = "";

    @Override
    public @Nullable Void visitClass(ClassTree tree, @Nullable Void none) {
      String outer = in;
      in = outer.isEmpty() ? tree.getSimpleName().toString() : outer + "." + tree.getSimpleName();
      super.visitClass(tree, null);
      in = outer;
      return null;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree tree, @Nullable Void none) {
      var branches = new Branches();
      branches.scan(tree.getBody(), null);
      found.merge(in + "#" + tree.getName(), 1 + branches.count, Math::max);
      return super.visitMethod(tree, null);
    }
  }

  private static final class Branches extends TreeScanner<@Nullable Void, @Nullable Void> {
    private int count;

    @Override
    public @Nullable Void scan(@Nullable Tree tree, @Nullable Void none) {
      if (tree instanceof ClassTree) {
        // Its methods are counted by themselves.
        return null;
      }
      if (tree instanceof IfTree
          || tree instanceof ForLoopTree
          || tree instanceof EnhancedForLoopTree
          || tree instanceof WhileLoopTree
          || tree instanceof DoWhileLoopTree
          || tree instanceof CatchTree
          || tree instanceof ConditionalExpressionTree
          || (tree instanceof CaseTree c
              && !(c.getLabels().getFirst() instanceof DefaultCaseLabelTree))
          || (tree instanceof BinaryTree b
              && (b.getKind() == Tree.Kind.CONDITIONAL_AND
                  || b.getKind() == Tree.Kind.CONDITIONAL_OR))) {
        count++;
      }
      return super.scan(tree, null);
    }
  }
}
