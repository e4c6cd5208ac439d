import org.codelibs.opensearch.runner.OpenSearchRunner;

/** Runs one node until it is told to end: java -cp '*' Launch.java folder port. */
class Launch {
    public static void main(String[] arguments) throws Exception {
        var runner = new OpenSearchRunner();
        // The runner's own command line knows the ports 9201 to 9299 only.
        runner.setMaxHttpPort(-1);
        runner.onBuild((number, settings) -> settings
                .put("network.host", "127.0.0.1")
                .put("http.port", arguments[1])
                .put("transport.port", "0")
                .put("discovery.type", "single-node")
                // The runner would leave ingest pipelines out.
                .putList("node.roles", "cluster_manager", "data", "ingest")
                // A disk that is nearly full would make every index read-only.
                .put("cluster.routing.allocation.disk.threshold_enabled", "false"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (java.io.IOException error) {
                error.printStackTrace();
            }
        }));
        runner.build("-basePath", arguments[0], "-numOfNode", "1");
        Thread.currentThread().join();
    }
}
