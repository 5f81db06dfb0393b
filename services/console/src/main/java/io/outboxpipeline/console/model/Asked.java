package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Answer;
import io.outboxpipeline.console.ask.Endpoint;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one of several equal services said.
 *
 * @param json the first answer that there was
 * @param troubles of those that were asked; also of the others where one has answered
 */
record Asked(Optional<JsonObject> json, List<Trouble> troubles) {

  static Asked of(Kind kind, List<Endpoint> services, List<Answer> answers) {
    Optional<JsonObject> json = Optional.empty();
    List<Trouble> troubles = new ArrayList<>();
    for (int i = 0; i < services.size(); i++) {
      String name = services.get(i).name();
      switch (answers.get(i)) {
        case Answer.Told(JsonObject told) -> json = json.or(() -> Optional.of(told));
        case Answer.Refused(int status, String detail) ->
            troubles.add(new Trouble(kind, name, "refused (" + status + "): " + detail));
        case Answer.Silent(String why) -> troubles.add(new Trouble(kind, name, why));
      }
    }
    return new Asked(json, troubles);
  }

  /** The objects of the answer's list of this name. */
  List<JsonObject> list(String name) {
    return json.filter(j -> j.containsKey(name))
        .map(j -> j.getJsonArray(name).getValuesAs(JsonObject.class))
        .orElse(List.of());
  }
}
