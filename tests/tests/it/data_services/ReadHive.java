import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Prints the URL and the password that Hadoop reads in a hive-site.xml. */
public class ReadHive {
    public static void main(String[] arguments) throws Exception {
        Configuration configuration = new Configuration(false);
        configuration.addResource(new Path("file://" + arguments[0]));
        System.out.println(configuration.get("javax.jdo.option.ConnectionURL"));
        System.out.println(new String(configuration.getPassword("javax.jdo.option.ConnectionPassword")));
    }
}
