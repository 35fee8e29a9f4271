import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.metastore.HiveMetaStoreClient;
import org.apache.hadoop.hive.metastore.api.Database;

/** Makes a schema at a place of the lake, and prints all schemas. */
public class AskMetastore {
    public static void main(String[] arguments) throws Exception {
        Configuration configuration = new Configuration(false);
        configuration.set("hive.metastore.uris", arguments[0]);
        HiveMetaStoreClient client = new HiveMetaStoreClient(configuration);
        Database schema = new Database();
        schema.setName(arguments[1]);
        schema.setLocationUri(arguments[2]);
        client.createDatabase(schema);
        System.out.println("schemas: " + client.getAllDatabases());
        client.close();
    }
}
