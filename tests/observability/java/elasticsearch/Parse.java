import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import org.elasticsearch.cluster.metadata.ComponentTemplate;
import org.elasticsearch.cluster.metadata.ComposableIndexTemplate;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.xcontent.NamedXContentRegistry;
import org.elasticsearch.xcontent.NamedXContentRegistry.Entry;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.ToXContent;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.elasticsearch.xpack.core.ilm.DeleteAction;
import org.elasticsearch.xpack.core.ilm.LifecycleAction;
import org.elasticsearch.xpack.core.ilm.LifecyclePolicy;
import org.elasticsearch.xpack.core.ilm.LifecycleSettings;
import org.elasticsearch.xpack.core.ilm.LifecycleType;
import org.elasticsearch.xpack.core.ilm.RolloverAction;
import org.elasticsearch.xpack.core.ilm.TimeseriesLifecycleType;

/**
 * Parses lines "kind TAB JSON" as Elasticsearch does, and prints each as it would give it back, or
 * what it would say.
 */
class Parse {
    private static final NamedXContentRegistry KINDS = new NamedXContentRegistry(List.of(
            new Entry(LifecycleType.class, new ParseField(TimeseriesLifecycleType.TYPE),
                    parser -> TimeseriesLifecycleType.INSTANCE),
            new Entry(LifecycleAction.class, new ParseField(RolloverAction.NAME), RolloverAction::parse),
            new Entry(LifecycleAction.class, new ParseField(DeleteAction.NAME), DeleteAction::parse)));

    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureESLogging();
        var known = new HashSet<>(IndexScopedSettings.BUILT_IN_INDEX_SETTINGS);
        known.add(LifecycleSettings.LIFECYCLE_NAME_SETTING);
        var settings = new IndexScopedSettings(Settings.EMPTY, known);
        var input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        for (var line : input.split("\n")) {
            var parts = line.split("\t", 2);
            try {
                System.out.println(Strings.toString(parse(parts[0], parts[1], settings)));
            } catch (IllegalArgumentException error) {
                System.out.println("refused: " + said(error));
            }
        }
    }

    private static String said(Throwable error) {
        var more = error.getCause() == null ? "" : "; " + said(error.getCause());
        return (error.getMessage() + more).replace('\n', ' ');
    }

    private static ToXContent parse(String kind, String json, IndexScopedSettings settings)
            throws Exception {
        var configuration = XContentParserConfiguration.EMPTY.withRegistry(KINDS);
        try (var parser = JsonXContent.jsonXContent.createParser(configuration, json)) {
            switch (kind) {
                case "lifecycle policy":
                    var policy = LifecyclePolicy.parse(parser, "any");
                    TimeseriesLifecycleType.INSTANCE.validate(policy.getPhases().values());
                    return policy;
                case "component template":
                    var component = ComponentTemplate.parse(parser);
                    if (component.template().settings() != null) {
                        settings.validate(component.template().settings(), true);
                    }
                    return component;
                default:
                    var template = ComposableIndexTemplate.parse(parser);
                    settings.validate(template.template().settings(), true);
                    return template;
            }
        }
    }
}
