import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.URIParameter;
import java.util.Base64;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;

/** Reads each JAAS file of a folder as Java does, and prints its options in base64. */
public class ReadJaas {
    public static void main(String[] arguments) throws Exception {
        int files = Integer.parseInt(arguments[1]);
        for (int file = 0; file < files; file++) {
            URI uri = Path.of(arguments[0], file + ".conf").toUri();
            Configuration jaas = Configuration.getInstance("JavaLoginConfig", new URIParameter(uri));
            for (String section : new String[] {"KafkaServer", "KafkaClient"}) {
                for (AppConfigurationEntry entry : jaas.getAppConfigurationEntry(section)) {
                    entry.getOptions().forEach((name, value) ->
                        System.out.println(uri.getPath().replaceAll(".*/|\\.conf", "") + " " + section + " " + text(name) + " " + text(value)));
                }
            }
        }
    }

    static String text(Object value) {
        return Base64.getEncoder().encodeToString(value.toString().getBytes(StandardCharsets.UTF_8));
    }
}
