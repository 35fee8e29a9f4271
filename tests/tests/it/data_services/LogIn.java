import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.URIParameter;
import java.util.Base64;
import java.util.List;
import javax.security.auth.login.Configuration;
import org.eclipse.jetty.jaas.JAASLoginService;
import org.eclipse.jetty.server.UserIdentity;

/** Logs each user of a list into the realm of a JAAS file, as the schema registry's web server does. */
public class LogIn {
    public static void main(String[] arguments) throws Exception {
        List<String> logins = Files.readAllLines(Path.of(arguments[0], "logins"));
        for (int file = 0; file < logins.size(); file++) {
            URI uri = Path.of(arguments[0], file + ".conf").toUri();
            JAASLoginService service = new JAASLoginService("SchemaRegistry");
            service.setConfiguration(Configuration.getInstance("JavaLoginConfig", new URIParameter(uri)));
            service.start();
            String[] login = logins.get(file).split(" ");
            String user = text(login[0]), password = text(login[1]);
            System.out.println(file + " " + enter(service, user, password) + " " + enter(service, user, "x" + password));
        }
    }

    static String enter(JAASLoginService service, String user, String password) {
        UserIdentity identity = service.login(user, password, null);
        return identity != null && identity.isUserInRole("user", null) ? "in" : "out";
    }

    static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }
}
