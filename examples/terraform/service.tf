# A service that Terraform makes and rollouts deploy to, for terraform-side-by-side.yml. What a rollout
# writes is ignored: what runs, who is served, its record, and the minimum of instances that
# min_instances_during_rollout sets. Without this an apply would take it back.

resource "google_cloud_run_v2_service" "web" {
  project  = "my-project"
  name     = "web"
  location = "us-central1"
  ingress  = "INGRESS_TRAFFIC_ALL"
  labels   = { team = "shop" }

  # Of the first revision alone.
  template {
    service_account = "web-runtime@my-project.iam.gserviceaccount.com"
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }

  lifecycle {
    ignore_changes = [
      template,
      traffic,
      annotations,
      scaling,
      client,
      client_version,
    ]
  }
}
