# The Google side of the workflows in examples/, as Terraform; setup.sh is the same with gcloud. Once for
# a repository and a service: a provider that takes tokens of this repository only, an account with a
# role of a few permissions, bound to this one service and to the one account that it runs as.

terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0"
    }
  }
}

variable "project" {
  type = string
}

variable "region" {
  type    = string
  default = "us-central1"
}

variable "service" {
  type    = string
  default = "web"
}

variable "runtime" {
  type        = string
  description = "E-mail of the account that the service runs as."
}

variable "images" {
  type        = string
  description = "Repository of the image in Artifact Registry."
}

variable "images_location" {
  type    = string
  default = "us"
}

variable "repository_id" {
  type        = string
  description = "The number that `gh api repos/OWNER/REPO --jq .id` prints. Names can change hands."
}

variable "ref" {
  type        = string
  default     = "refs/heads/main"
  description = "Tokens of this ref only; empty for all, which pull-request-check.yml needs."
}

locals {
  by_id    = "assertion.repository_id == '${var.repository_id}'"
  by_ref   = var.ref == "" ? "" : " && assertion.ref == '${var.ref}'"
  deployer = "serviceAccount:${google_service_account.deployer.email}"
}

resource "google_project_service" "apis" {
  for_each = toset([
    "run.googleapis.com",
    "monitoring.googleapis.com",
    "logging.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "sts.googleapis.com",
  ])
  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

# Who may come: jobs of this repository, as this account.

resource "google_iam_workload_identity_pool" "github" {
  project                   = var.project
  workload_identity_pool_id = "github"
  depends_on                = [google_project_service.apis]
}

resource "google_iam_workload_identity_pool_provider" "repository" {
  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "my-repo"
  attribute_condition                = "${local.by_id}${local.by_ref}"
  attribute_mapping = {
    "google.subject"          = "assertion.sub"
    "attribute.repository"    = "assertion.repository"
    "attribute.repository_id" = "assertion.repository_id"
  }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account" "deployer" {
  project    = var.project
  account_id = "deployer"
}

resource "google_service_account_iam_member" "federation" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.repository_id/${var.repository_id}"
}

# What it may do: change this service, and read how it does.

resource "google_project_iam_custom_role" "deployer" {
  project     = var.project
  role_id     = "canaryDeployer"
  title       = "canaryDeployer"
  permissions = ["run.services.get", "run.services.update", "run.revisions.get"]
}

resource "google_cloud_run_v2_service_iam_member" "service" {
  project  = var.project
  location = var.region
  name     = var.service
  role     = google_project_iam_custom_role.deployer.name
  member   = local.deployer
}

resource "google_service_account_iam_member" "runtime" {
  service_account_id = "projects/${var.project}/serviceAccounts/${var.runtime}"
  role               = "roles/iam.serviceAccountUser"
  member             = local.deployer
}

resource "google_artifact_registry_repository_iam_member" "images" {
  project    = var.project
  location   = var.images_location
  repository = var.images
  role       = "roles/artifactregistry.reader"
  member     = local.deployer
}

resource "google_project_iam_member" "metrics" {
  project = var.project
  role    = "roles/monitoring.viewer"
  member  = local.deployer
}

# Left out, harm is seen in the metrics only, which are minutes old.
resource "google_project_iam_member" "log" {
  project = var.project
  role    = "roles/logging.viewer"
  member  = local.deployer
}

output "workload_identity_provider" {
  value = google_iam_workload_identity_pool_provider.repository.name
}

output "service_account" {
  value = google_service_account.deployer.email
}
